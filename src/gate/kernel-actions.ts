/** What the resources of an action can be, as Cedar calls them. */
export type ResourceType = "Path" | "Agent" | "Topic" | "Name" | "Tool";

/**
 * The actions of agents, messages, deployed tools, scripts and the system, and what they are decided on. A policy can speak of them whether or not
 * this host has a tool for each, so that one policy serves hosts with more tools and with fewer.
 */
export const KERNEL_ACTIONS: Readonly<Record<string, readonly ResourceType[]>> = {
  "tool.agent.ipc": ["Agent"],
  "tool.agent.kv.read": ["Name"],
  "tool.agent.kv.write": ["Name"],
  "tool.agent.read": ["Agent", "Tool"],
  "tool.agent.resume": ["Agent"],
  "tool.agent.run": ["Tool"],
  "tool.agent.spawn": ["Name", "Tool"],
  "tool.agent.stop": ["Agent"],
  "tool.agent.suspend": ["Agent"],
  "tool.ipc.send": ["Agent", "Topic"],
  "tool.ipc.subscribe": ["Agent", "Topic"],
  "tool.plugin.http": ["Name"],
  "tool.plugin.run": ["Tool"],
  "tool.shell.execute": ["Path"],
  "tool.sys.config": ["Path"],
  "tool.sys.cron": ["Agent", "Name", "Tool"],
  "tool.sys.env": ["Name", "Tool"],
  "tool.sys.git": ["Path"],
  "tool.sys.health": ["Name", "Tool"],
  "tool.sys.metrics": ["Tool"],
  "tool.sys.read": ["Name", "Tool"],
  "tool.sys.report": ["Tool"],
};
