// Changes to the text of `just-bash` for what it has no option for. Each is found exactly once, or the build fails: a new
// version is looked at again.
const FILE = "just-bash/dist/bundle/browser.js";

/**
 * Commands that the shell has its own of in their place. Their code is left out: whatever is in the image is written to
 * memory at every call.
 */
const REPLACED = [
  ...[
    "basename",
    "cat",
    "chmod",
    "cp",
    "cut",
    "date",
    "diff",
    "dirname",
    "du",
    "expr",
    "find",
    "grep",
    "head",
    "ln",
    "ls",
  ],
  ...[
    "md5sum",
    "mkdir",
    "mv",
    "od",
    "paste",
    "readlink",
    "rm",
    "sed",
    "seq",
    "sha1sum",
    "sha256sum",
    "sort",
    "stat",
    "tac",
  ],
  ...["tail", "tee", "touch", "tree", "uniq", "wc", "xargs"],
];
/** Those that share the code of one of them. */
const REPLACED_TOO = ["egrep", "fgrep"];

/** What asks a network, which the shell is not given. */
const NETWORKED = ["curl"];

/** The entry of a command in the list of all. */
const entry = (name) => ({
  find: new RegExp(
    `\\{name:"${name}",load:async\\(\\)=>\\(await Promise\\.resolve\\(\\)\\.then\\(\\(\\)=>\\(\\w+\\(\\),\\w+\\)\\)\\)\\.\\w+\\},?`,
  ),
  with: "",
});

/** What makes its module's exports. */
const exported = (name) => {
  const other = "\\w+:\\(\\)=>\\w+";
  return {
    find: new RegExp(`ae\\(\\w+,\\{(?:${other},)*${name}(?:Command)?:\\(\\)=>\\w+(?:,${other})*\\}\\);`),
    with: "",
  };
};

export const SHELL_EDITS = [
  ...[...REPLACED, ...REPLACED_TOO, ...NETWORKED].map(entry),
  ...[...REPLACED, ...NETWORKED].map(exported),
  {
    // A module is made at its first use, so that one that nothing uses is left out by the bundler.
    find: /var L=\(e,t\)=>\(\)=>\(e&&\(t=e\(e=0\)\),t\);/,
    with: "/* @__NO_SIDE_EFFECTS__ */function L(e,t){return()=>(e&&(t=e(e=0)),t)}",
  },
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
  {
    // `${…}` in arithmetic is what it is everywhere: subscripts, defaults and patterns among it.
    find: /(async function Gl\(e,t\)\{)(?=if\(t\.startsWith\("#"\)\))/,
    with: '$1return _e(e,new be().parseWordFromString("$${"+t+"}",!0,!1));',
  },
  {
    // And what it comes to may be an expression.
    find: /case"ArithBracedExpansion":\{let i=await Gl\(e,t\.content\);return Number\.parseInt\(i,10\)\|\|0\}/,
    with: 'case"ArithBracedExpansion":{let i=(await Gl(e,t.content)).trim();if(i===""||/^-?(0|[1-9]\\d*)$$/.test(i))return Number.parseInt(i,10)||0;return await s($$i(new be,i,0).expr)}',
  },
  {
    // So is `$(…)`: a function can be called in it.
    find: /case"ArithCommandSubst":\{if\(e\.execFn\)\{let i=.{0,200}?let o=i\.stdout\.trim\(\);return Number\.parseInt\(o,10\)\|\|0\}return 0\}/,
    with: 'case"ArithCommandSubst":{let i=(await _e(e,new be().parseWordFromString("$$("+t.command+")",!0,!1))).trim();if(i===""||/^-?(0|[1-9]\\d*)$$/.test(i))return Number.parseInt(i,10)||0;return await s($$i(new be,i,0).expr)}',
  },
  {
    // awk: `length` alone is that of the record.
    find: /(return\{type:"array_access",array:t,key:r\}\})(return\{type:"variable",name:t\}\})/,
    with: '$1if(t==="length")return{type:"call",name:t,args:[]};$2',
  },
  {
    // awk: -v gives FS, OFS and their like as well.
    find: /p\.vars=Object\.assign\(Object\.create\(null\),i\),/,
    with: "p.vars=Object.create(null),Object.keys(i).forEach(name=>di(p,name,i[name])),",
  },
  {
    // awk: among the files may be assignments, and standard input.
    find: /if\(l\.length>0\)for\(let S of l\)\{let E;try\{([\s\S]{0,900}?)else await n\("stdin processing",\(\)=>x\("",ue\(t\.stdin\)\)\);/,
    with: 'const assigned=/^([A-Za-z_]\\w*)=(.*)$$/s;if(l.some(S=>!assigned.test(S)))for(let S of l){const given=assigned.exec(S);if(given){di(p,given[1],Ou(given[2]));continue}if(S==="-"){await n("stdin processing",()=>x("",ue(t.stdin)));if(p.shouldExit)break;continue}let E;try{$1else{for(const S of l){const given=assigned.exec(S);di(p,given[1],Ou(given[2]))}await n("stdin processing",()=>x("",ue(t.stdin)))}',
  },
  ...["n", "s"].map((name) => ({
    // awk: what print and printf are sent to is an expression, or a command that reads it.
    find: new RegExp(
      `${name}=\\{redirect:">",file:e\\.parsePrimary\\(\\)\\}\\):e\\.check\\(oe\\.APPEND\\)&&\\(e\\.advance\\(\\),${name}=\\{redirect:">>",file:e\\.parsePrimary\\(\\)\\}\\),`,
    ),
    with: `${name}={redirect:">",file:q9(e)}):e.check(oe.APPEND)?(e.advance(),${name}={redirect:">>",file:q9(e)}):e.check(oe.PIPE)&&(e.advance(),${name}={redirect:"|",file:q9(e)}),`,
  })),
  {
    // awk: that command runs when all is printed.
    find: /(async function Rm\(e,t,n,r\)\{.{0,200}?let i=et\(await Ve\(e,"redirection filename evaluation",\(\)=>Ae\(e,n\)\)\),o=s\.resolvePath\(e\.cwd,i\);)/,
    with: '$1if(t==="|"){(e.pipes??=new Map).set(i,(e.pipes.get(i)??"")+r);return}',
  },
  {
    find: /(async executeEnd\(\)\{)(if\(this\.assertDefenseContext\("END execution entry"\).{0,400}?this\.ctx\.inEndBlock=!1\})\}/,
    with: "$1$2const pipes=this.ctx.pipes;this.ctx.pipes=void 0;if(pipes)for(const[command,text]of pipes){const done=await this.ctx.exec(command,text);this.ctx.output+=done.stdout}}",
  },
  {
    find: /if\(!m&&!g\)return\{stdout:h\.getOutput\(\)/,
    with: "if(!m&&!g)return await h.executeEnd(),{stdout:h.getOutput()",
  },
  {
    find: /exec:d\?b=>n\("command pipe exec",\(\)=>d\(b,\{cwd:t\.cwd,signal:t\.signal\}\)\)/,
    with: 'exec:d?(b,stdin)=>n("command pipe exec",()=>d(b,{cwd:t.cwd,signal:t.signal,...(stdin!==void 0&&{stdin})}))',
  },
  {
    // What `for` goes through may look like an assignment.
    find: /(!e\.check\(v\.SEMICOLON,v\.NEWLINE,v\.DO,v\.EOF\)&&)e\.isWord\(\)(;\)i\.push\(e\.parseWord\(\)\);e\.check\(v\.SEMICOLON\)&&e\.advance\(\),e\.skipNewlines\(\),e\.expect\(v\.DO\);let o=)/,
    with: "$1(e.isWord()||e.check(v.ASSIGNMENT_WORD))$2",
  },
  {
    // A job in the background runs at once and to its end, in a shell of its own; what it came to is kept for `wait`.
    find: /(async executeStatement\(t\)\{if\(this\.assertDefenseContext\("statement"\),this\.ctx\.state\.signal\?\.aborted\)throw new He;)/,
    with: '$1if(t.background){const state=this.ctx.state,job={...t,background:!1},number=state.nextVirtualPid,done=await x3(this.ctx,{body:[job],redirections:[]},"",one=>this.executeStatement(one),!0);(state.jobs??=new Map).set(String(number),done.exitCode);state.lastBackgroundPid=number;state.lastExitCode=0;state.env.set("?","0");return{...done,exitCode:0}}',
  },
  {
    find: /if\(t==="wait"\)return Fe;/,
    with: 'if(t==="wait"){const jobs=c.state.jobs??new Map,named=n.filter(one=>!/^-[fnp]+$$/.test(one)),last=named.at(-1);if(last===void 0)return n.includes("-n")?It(([...jobs.values()].at(-1)??127)===0):Fe;const number=last.startsWith("%")?[...jobs.keys()][Number(last.slice(1))-1]:last;return jobs.has(number)?{stdout:"",stderr:"",exitCode:jobs.get(number)}:K(`bash: wait: pid $${last} is not a child of this shell\n`,127)}',
  },
  {
    find: /case"!":return String\(e\.state\.lastBackgroundPid\);/,
    with: 'case"!":return e.state.lastBackgroundPid?String(e.state.lastBackgroundPid):"";',
  },
  {
    // A link is moved as itself, whether it leads anywhere or not.
    find: /(async mv\(t,n\)\{let r=ke\(t\);if\(\(await this\.)stat\(t\)/,
    with: "$1lstat(t)",
  },
  {
    // `2>&1`: what is text becomes bytes where the output is bytes, and is counted as what it is.
    find: /case"live-stdout":l\+=A;/,
    with: 'case"live-stdout":l+=R||t.stdoutKind!=="bytes"&&t.stdoutEncoding!=="binary"?A:new TextDecoder("latin1").decode(new TextEncoder().encode(A));',
  },
  {
    find: /,S=_\(w\.stdout\),E=_\(w\.stderr\),/,
    with: ',S=w.stdoutKind==="bytes"||w.stdoutEncoding==="binary"?w.stdout.length:_(w.stdout),E=_(w.stderr),',
  },
  {
    // printf and echo: bytes given by number are characters where they are UTF-8.
    find: /(function ia\(e,t=Pc\)\{)/,
    with: String.raw`function numbered(e,runs){return e.replace(runs,(all,run)=>{if(!run)return all;try{return new TextDecoder("utf-8",{fatal:!0}).decode(new Uint8Array([...run.matchAll(/\\(x?)([0-9a-f]+)/gi)].map(([,hex,digits])=>parseInt(digits,hex?16:8))))}catch{return all}})}$1e=numbered(e,/\\\\|((?:\\(?:x[89a-f][0-9a-f]|[23][0-7][0-7]))+)/gi);`,
  },
  {
    find: /(function C8\(e,t\)\{)/,
    with: String.raw`$1e=numbered(e,/\\\\|((?:\\(?:x[89a-f][0-9a-f]|0?[23][0-7][0-7]))+)/gi);`,
  },
  {
    find: /(function X3\(e\)\{)/,
    with: String.raw`$1e=numbered(e,/\\\\|((?:\\(?:x[89a-f][0-9a-f]|0[23][0-7][0-7]))+)/gi);`,
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
