// `bp completion`: scripts that complete commands, options and their choices in bash, zsh and fish.
import { commands } from '../commands.js'
import { bundledNames } from '../data-sets.js'
import { readArguments, separated } from '../options.js'
import { print } from '../output.js'
import { UsageError } from '../usage-error.js'

const shells = ['bash', 'zsh', 'fish'] as const

/** Runs the command and returns the exit code. */
export function completion(args: readonly string[]): number {
  const { rest } = readArguments(args, {})
  const shell = shells.find((name) => name === rest[0])
  if (!shell || rest.length !== 1)
    throw new UsageError(
      'completion takes bash, zsh or fish, e.g. in ~/.bashrc: eval "$(bp completion bash)"',
    )
  print({ bash, zsh, fish }[shell]())
  return 0
}

interface Completed {
  readonly name: string
  readonly summary: string
  readonly options: readonly {
    readonly name: string
    readonly help: string
    readonly choices: readonly string[]
  }[]
}

const all = (): Completed[] =>
  [...commands].map(([name, { summary, options }]) => ({
    name,
    summary,
    options: Object.entries(options).map(([key, { value, help }]) => ({
      name: separated(key, '-'),
      help,
      // Choices are written as a|b|c.
      choices: value !== null && /^[\w-]+(\|[\w-]+)+$/.test(value) ? value.split('|') : [],
    })),
  }))

const names = () => all().map(({ name }) => name)

/** What may stand where a command expects a run, or data. */
const runsOf = 'bp runs --ui json 2>/dev/null | sed -n \'s/.*"run":"\\([^"]*\\)".*/\\1/p\''
const takesRun = 'predict|eval|show|compare|resume|export|graph|open'

function bash(): string {
  return `# Completion of bp for bash: eval "$(bp completion bash)"
_bp() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words=
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names().join(' ')} help"
  else
    case "$command $before" in
${all()
  .flatMap(({ name, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map((option) => `      "${name} --${option.name}") words="${option.choices.join(' ')}" ;;`),
  )
  .join('\n')}
    esac
    if [ -z "$words" ]; then
      case "$word" in
        -*) case "$command" in
${all()
  .map(
    ({ name, options }) =>
      `          ${name}) words="${options.map((option) => `--${option.name}`).join(' ')} --help" ;;`,
  )
  .join('\n')}
        esac ;;
        *) case "$command" in
          train|bench|inspect) words="xor ${bundledNames.join(' ')}" ;;
          ${takesRun}) words="last $(${runsOf})" ;;
        esac ;;
      esac
    fi
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _bp bp
`
}

function zsh(): string {
  return `#compdef bp
# Completion of bp for zsh: eval "$(bp completion zsh)"
autoload -Uz bashcompinit && bashcompinit
${bash()}`
}

function fish(): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  return `# Completion of bp for fish: bp completion fish | source
${all()
  .flatMap(({ name, summary, options }) => [
    `complete -c bp -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options.map(
      (option) =>
        `complete -c bp -n '__fish_seen_subcommand_from ${name}' -l ${option.name} -d ${quoted(option.help)}${option.choices.length > 0 ? ` -x -a ${quoted(option.choices.join(' '))}` : ''}`,
    ),
  ])
  .join('\n')}
complete -c bp -n '__fish_seen_subcommand_from ${takesRun.replaceAll('|', ' ')}' -a 'last (${runsOf.replaceAll("'", '"').replaceAll('\\(', '(').replaceAll('\\)', ')').replace('sed -n "s/.*"run":"([^"]*)".*/\\1/p"', 'string match -rg "\\"run\\":\\"([^\\"]*)\\""')})'
`
}
