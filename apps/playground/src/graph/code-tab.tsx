// The graph as code and as files.
import { toDot, toLatex } from '@bp/expression'
import { type CodeLine, derivationLines, pytorchLines, toJson, typescriptLines } from '@bp/lab'
import { useState } from 'react'
import { CopyButton } from '../parts/copy-button.js'
import { saveFile } from '../parts/save-file.js'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps, ShownPicture } from './account-card.js'
import { savePicture } from './save.js'

const formats = ['typescript', 'pytorch', 'latex', 'dot', 'json'] as const
type Format = (typeof formats)[number]

const titles: Readonly<Record<Format, string>> = {
  typescript: 'TypeScript, @bp/core',
  pytorch: 'PyTorch',
  latex: 'LaTeX',
  dot: 'Graphviz DOT',
  json: 'JSON',
}
const endings: Readonly<Record<Format, string>> = {
  typescript: 'ts',
  pytorch: 'py',
  latex: 'tex',
  dot: 'dot',
  json: 'json',
}

const ofNone = (text: string): CodeLine[] => text.split('\n').map((line) => ({ text: line, node: null }))

const write: Readonly<Record<Format, (picture: ShownPicture) => readonly CodeLine[]>> = {
  typescript: ({ graph }) => typescriptLines(graph),
  pytorch: ({ graph }) => pytorchLines(graph),
  latex: ({ program, trace }) => [...ofNone(`${toLatex(program)}\n`), ...derivationLines(trace)],
  dot: ({ graph }) => ofNone(toDot(graph).trimEnd()),
  json: ({ trace }) => ofNone(toJson(trace).trimEnd()),
}

export function CodeTab({ document, change, picture, lit, onPoint }: GraphPartProps) {
  const texts = useTexts().graph.code
  const [format, setFormat] = useState<Format>('typescript')
  const lines = write[format](picture)
  const code = `${lines.map(({ text }) => text).join('\n')}\n`
  return (
    <div className="graph-code">
      <select
        aria-label={texts.format}
        value={format}
        onChange={(event) => setFormat(event.target.value as Format)}
      >
        {formats.map((name) => (
          <option key={name} value={name}>
            {titles[name]}
          </option>
        ))}
      </select>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must get there */}
      <pre tabIndex={0} onPointerLeave={() => onPoint(null)}>
        {lines.map(({ text, node }, index) => (
          // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: for the keyboard, nodes are chosen in the drawing
          <span
            key={index}
            className={node !== null && lit.includes(node) ? 'lit' : ''}
            onPointerEnter={() => onPoint(node === null ? null : [node])}
            onClick={() => node !== null && change({ ...document, selected: node }, { merge: 'selected' })}
          >
            {text}
            {'\n'}
          </span>
        ))}
      </pre>
      <p className="account-actions">
        <CopyButton text={code} />
        <button
          type="button"
          onClick={() => saveFile(`graph.${endings[format]}`, new Blob([code], { type: 'text/plain' }))}
        >
          {texts.save}
        </button>
        <button type="button" onClick={() => void savePicture('graph.svg')}>
          {texts.svg}
        </button>
        <button type="button" onClick={() => void savePicture('graph.png')}>
          {texts.png}
        </button>
      </p>
    </div>
  )
}
