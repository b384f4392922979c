// The graph as code and as files.
import { toDot, toLatex } from '@bp/expression'
import { toDerivation, toJson, toPyTorch, toTypeScript } from '@bp/lab'
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

const write: Readonly<Record<Format, (picture: ShownPicture) => string>> = {
  typescript: ({ graph }) => toTypeScript(graph),
  pytorch: ({ graph }) => toPyTorch(graph),
  latex: ({ program, trace }) => `${toLatex(program)}\n\n${toDerivation(trace)}`,
  dot: ({ graph }) => toDot(graph),
  json: ({ trace }) => toJson(trace),
}

export function CodeTab({ picture }: GraphPartProps) {
  const texts = useTexts().graph.code
  const [format, setFormat] = useState<Format>('typescript')
  const code = write[format](picture)
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
      <pre tabIndex={0}>{code}</pre>
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
