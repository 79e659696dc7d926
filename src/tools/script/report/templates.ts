/** Templates that a call can name. */
export const TEMPLATES: ReadonlyMap<string, string> = new Map([
  [
    "table",
    `{{#title}}# {{title}}

{{/title}}
|{{#columns}} {{.}} |{{/columns}}
|{{#columns}} --- |{{/columns}}
{{#rows}}
|{{#cells}} {{.}} |{{/cells}}
{{/rows}}
`,
  ],
  [
    "checklist",
    `{{#title}}# {{title}}

{{/title}}
{{#items}}
- [{{#done}}x{{/done}}{{^done}} {{/done}}] {{text}}
{{/items}}
`,
  ],
  [
    "summary",
    `{{#title}}# {{title}}
{{/title}}
{{#sections}}

## {{heading}}

{{#text}}
{{text}}
{{/text}}
{{#points}}
- {{.}}
{{/points}}
{{/sections}}
`,
  ],
]);
