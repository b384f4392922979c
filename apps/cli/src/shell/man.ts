// The manual page bp.1, generated from the tables of commands and options, in the macros of man(7).
import { commands } from '../commands.js'
import { exitCodes, variables } from '../help.js'
import { separated } from '../options.js'
import { readVersion } from '../version.js'

/** The page, for `man -l` and for the package. */
export function manPage(): string {
  return `${[
    `.TH BP 1 "" "bp ${readVersion()}" "User Commands"`,
    '.SH NAME',
    'bp \\- trains networks on tables, and shows how gradients are computed',
    '.SH SYNOPSIS',
    '.B bp',
    '.I COMMAND',
    '[\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    paragraph(
      'From a table to a trained network and its answers, and graphs step by step, in the terminal. On a terminal commands draw a screen; elsewhere they write lines, or JSON with --ui json.',
    ),
    '.SH COMMANDS',
    ...[...commands].flatMap(([name, { usage, about, more, options }]) => [
      `.SS ${argument(`bp ${name} ${usage}`)}`,
      paragraph(about),
      ...Object.entries(options).flatMap(([key, { value, help }]) => [
        '.TP',
        `\\fB${escaped(`--${separated(key, '-')}`)}\\fR${value === null ? '' : ` \\fI${escaped(value)}\\fR`}`,
        paragraph(help),
      ]),
      ...(more === undefined ? [] : ['.PP', paragraph(more)]),
    ]),
    '.SH EXIT STATUS',
    paragraph(exitCodes.replace(/^Exit codes: /, '')),
    '.SH ENVIRONMENT',
    ...variables.flatMap(([name, meaning]) => ['.TP', `\\fB${escaped(name)}\\fR`, paragraph(meaning)]),
  ].join('\n')}\n`
}

/** Text as roff has it: letters beyond ASCII by their code points, hyphens that stay hyphens. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replace(
      /[^\0-\x7f]/gu,
      (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
}

const paragraph = (text: string) =>
  escaped(text)
    .split('\n')
    // A line that begins with a dot would be a request.
    .map((line) => line.trim().replace(/^\./, '\\&.'))
    .filter((line) => line !== '')
    .join('\n')

const argument = (text: string) => `"${escaped(text).replaceAll('"', '\\(dq')}"`
