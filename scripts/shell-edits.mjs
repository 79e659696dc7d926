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
  {
    // The word of the command is split into words as all others are: `$command`, `"$@"`, `"${words[@]}"`.
    find: /let (\w+)=await (\w+)\(this\.ctx,(\w+)\.name\),(\w+=\[\],\w+=\[\],)(\w+)(=\(\w+,\w+\)=>\{.{0,250}?;)(if\(\w+\(\3\.name,\["local".{0,500}?else for\(let (\w+) of \3\.args\)\{let \w+=await )(\w+)(\(this\.ctx,\8\).{0,80}?\}let \w+=)(?=\3\.name\.parts\.every\()/,
    with: 'let words=$3.name.parts.some(part=>/Expansion|Substitution|DoubleQuoted/.test(part.type))?await $9(this.ctx,$3.name):{values:[await $2(this.ctx,$3.name)]},$1=words.values[0]??"",$4$5$6for(let word of words.values.slice(1))$5(word,words.quoted);$7$9$10words.values.length===0||',
  },
  {
    // What is asked for help is a command whose first option says so, and not one that is given "--help" to print or to find.
    find: /function (\w+)\((\w+)\)\{return \2\.includes\("--help"\)\}/,
    with: 'function $1($2){for(let word of $2){if(word==="--help")return!0;if(word==="--"||!word.startsWith("-"))return!1}return!1}',
  },
  // What follows changes no result: text is taken in runs where it was taken character by character, which costs a call
  // thousands of units of fuel a character.
  {
    // The length of text in UTF-8.
    find: /(function \w+\((\w+)\)\{)(let \w+=0;for\(let \w+=0;\w+<\2\.length;\w+\+\+\)\{let (\w+)=\2\.charCodeAt\(\w+\);if\(\4<=127\))/,
    with: "$1if($2.length>64)return new TextEncoder().encode($2).length;$3",
  },
  {
    // Text to bytes, each as a character: ASCII is the same.
    find: /let (\w+)=(\w+\.encode\((\w+)\)),(\w+="";for\()/,
    with: "let $1=$2;if($1.length===$3.length)return $3;let $4",
  },
  {
    // And back.
    find: /(?<="UTF-8 decode"\);)(let (\w+)=!1;for\(let (\w+)=0;\3<(\w+)\.length;\3\+\+\)\{let (\w+)=\4\.charCodeAt\(\3\);if\(\5>255\)return \4;)/,
    with: "if($4.length>64&&new TextEncoder().encode($4).length===$4.length)return $4;$1",
  },
  {
    // A line of a here-document.
    find: /for\((\w+)="";this\.pos<this\.input\.length&&this\.input\[this\.pos\]!==`\n`;\)\1\+=this\.input\[this\.pos\],this\.pos\+\+,this\.column\+\+;/,
    with: '{const end=this.input.indexOf("\\n",this.pos);$1=this.input.slice(this.pos,end<0?this.input.length:end);this.pos+=$1.length;this.column+=$1.length}',
  },
  {
    // What stands between quotes, as a word is read.
    find: /(for\(;(\w+)<\w+;\)\{)(let (\w+)=(\w+)\[\2\];if\(!(\w+)&&!(\w+)\)\{if\(\4==="\("&&(\w+)\.length>0&&"@\*\+\?!".{0,120}?,(\w+)\+=\w+\.content\.length;)/,
    with: "$1if($6||$7){const run=$6?/[^'\\n]*/y:/[^\"\\\\$$`\\n]*/y;run.lastIndex=$2;run.test($5);const end=run.lastIndex;if(end>$2){$8+=$5.slice($2,end);$9+=end-$2;$2=end;continue}}$3",
  },
  {
    // What stands in double quotes, as its expansions are looked for.
    find: /(,(\w+)="",\w+=\(\)=>\{\2&&\(\w+\.push\(\w+\.literal\(\2\)\),\2=""\)\};for\(;(\w+)<(\w+)\.length;\)\{)(let (\w+)=\4\[\3\];if\(\6==="\\\\"&&\3\+1<\4\.length\)\{let (\w+)=\4\[\3\+1\];if\(\7==="\$")/,
    with: "$1const run=/[^\\\\$$`]*/y;run.lastIndex=$3;run.test($4);if(run.lastIndex>$3){$2+=$4.slice($3,run.lastIndex);$3=run.lastIndex;continue}$5",
  },
  {
    // What stands in a here-document or without quotes, in the same way.
    find: /(,(\w+)="",\w+=\(\)=>\{\2&&\(\w+\.push\(\w+\.literal\(\2\)\),\2=""\)\};for\(;(\w+)<(\w+)\.length;\)\{)(let (\w+)=\4\[\3\];if\(\6==="\\\\"&&\3\+1<\4\.length\)\{let (\w+)=\4\[\3\+1\];if\(\w+\)\{)/,
    with: "$1const run=/[^\\\\'\"$$`<>~@*+?![{]*/y;run.lastIndex=$3;run.test($4);if(run.lastIndex>$3){$2+=$4.slice($3,run.lastIndex);$3=run.lastIndex;continue}$5",
  },
].map((edit) => ({ file: FILE, ...edit }));
