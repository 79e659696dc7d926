// Changes to the text of `just-bash` for what it has no option for. Each is found exactly once, or the build fails: a new
// version is looked at again.
const FILE = "just-bash/dist/bundle/browser.js";

export const SHELL_EDITS = [
  {
    // Each command is given its context behind a membrane that outlives no call; here nothing does.
    find: /(function \w+\((\w+),\w+\)\{)(let \w+=!0,\w+=\2\.signal\?new AbortController)/,
    with: "$1return{context:$2,revoke(){}};$3",
  },
  {
    // A file that cannot be written is the failure of that redirect, and not the end of the script.
    find: /if\(!\w+\)throw \w+;(return\{error:\w+\("",`bash: \$\{\w+\}: )cannot open redirect target/,
    with: "$1Permission denied",
  },
  {
    // awk: to name an element is to make it.
    find: /let (\w+)=(\w+)\((\w+),(\w+)\);return \3\.arrays\[\1\]\?\.\[(\w+)\]\?\?""\}function (\w+)\(/,
    with: 'let $1=$2($3,$4);if($3.arrays[$1]?.[$5]===void 0)$6($3,$4,$5,"");return $3.arrays[$1][$5]}function $6(',
  },
  {
    // jq: groups come in the order of their keys.
    find: /return\[\[\.\.\.(\w+)\.values\(\)\]\]\}(case"max":return .{0,60}?=>(\w+)\()/,
    with: "return[[...$1].sort((a,b)=>$3(JSON.parse(a[0]),JSON.parse(b[0]))).map(group=>group[1])]}$2",
  },
  {
    // jq: every text in a line of CSV is quoted.
    find: /(case"@csv":.{0,180}?return )(\w+\.includes\(","\))/,
    with: "$1!0||$2",
  },
  {
    // A pattern with a slash at its end matches folders alone, and keeps it.
    find: /async expand\((\w+)\)\{/,
    with: 'async expand($1){if($1.length>1&&$1.endsWith("/")){const found=[];for(const one of await this.expand($1.replace(/\\/+$/,"")))if((await this.fs.stat(this.fs.resolvePath(this.cwd,one)).catch(()=>({}))).isDirectory)found.push(one+"/");return found}',
  },
].map((edit) => ({ file: FILE, ...edit }));
