// The scenarios of the official suite (@modelcontextprotocol/conformance) that the fixtures in tools/ are for.

export const REVISIONS = ["2025-06-18", "2025-11-25", "2026-07-28"] as const;

const EACH = REVISIONS;
const HANDSHAKE = ["2025-06-18", "2025-11-25"];

/** By their names, the revisions that each is of. */
export const SCENARIOS: Readonly<Record<string, readonly string[]>> = {
  "tools-list": EACH,
  "tools-call-simple-text": EACH,
  "tools-call-image": EACH,
  "tools-call-audio": EACH,
  "tools-call-embedded-resource": EACH,
  "tools-call-mixed-content": EACH,
  "tools-call-error": EACH,
  "tools-call-with-progress": EACH,
  "tools-call-with-logging": HANDSHAKE,
  "tools-call-elicitation": HANDSHAKE,
  "elicitation-sep1034-defaults": ["2025-11-25"],
  "elicitation-sep1330-enums": ["2025-11-25"],
  "input-required-result-basic-elicitation": ["2026-07-28"],
  "input-required-result-request-state": ["2026-07-28"],
  "input-required-result-multi-round": ["2026-07-28"],
  "input-required-result-missing-input-response": ["2026-07-28"],
  "input-required-result-result-type": ["2026-07-28"],
  "input-required-result-unsupported-methods": ["2026-07-28"],
  "input-required-result-tampered-state": ["2026-07-28"],
  "input-required-result-ignore-extra-params": ["2026-07-28"],
  "input-required-result-validate-input": ["2026-07-28"],
};

/** A name that is longer than a tool's may be, and the fixture that does what it should. */
export const ALIASES: Readonly<Record<string, string>> = {
  test_input_required_result_tampered_state: "test_input_required_result_request_state",
};
