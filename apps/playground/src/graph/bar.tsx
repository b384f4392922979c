// The bar of the Graph place: the expression, examples, and what is differentiated in which direction.

import { type Span, sayReason } from '@bp/expression'
import { countSweeps, nodesAt, type SourceProblem, spansOf } from '@bp/lab'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { Menu, type MenuItem } from '../parts/menu.js'
import { useTexts } from '../shell/language.js'
import type { GraphPartProps, ShownPicture } from './account-card.js'
import { type ExampleName, examples } from './examples.js'

interface BarProps extends Pick<GraphPartProps, 'document' | 'change' | 'lit' | 'onPoint'> {
  readonly picture: ShownPicture | null
  readonly problem: SourceProblem | null
}

/** Milliseconds without a key before what is typed is called wrong. */
const patience = 700

export function Bar({ document, change, picture, problem, lit, onPoint }: BarProps) {
  const texts = useTexts().graph
  const id = useId()
  /** The last source that nobody has touched for a while. */
  const [settled, setSettled] = useState<string | null>(null)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(document.source), patience)
    return () => clearTimeout(timer)
  }, [document.source])
  const calm = settled !== document.source
  // What is being typed may be no graph yet.
  const written = picture?.program.source === document.source ? picture : null
  // The parts of the source that the nodes come from that are pointed at, or that of the step.
  const marks = useMemo(
    () =>
      written
        ? markedText(
            document.source,
            lit.flatMap((node) => spansOf(written, node)),
          )
        : [],
    [written?.program, written?.graph, document.source, lit],
  )
  const mirror = useRef<HTMLDivElement>(null)
  const shown = calm ? null : problem
  const write = (source: string) =>
    change({ ...document, source, position: 0, selected: null }, { merge: 'source' })
  return (
    <>
      <div className="graph-expression">
        <label className="visually-hidden" htmlFor={id}>
          {texts.expression}
        </label>
        {marks.length > 0 && (
          <div ref={mirror} className="graph-mirror" aria-hidden="true">
            {marks.map(({ text, marked }, index) =>
              marked ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
            )}
          </div>
        )}
        <input
          id={id}
          onScroll={(event) => mirror.current?.scrollTo(event.currentTarget.scrollLeft, 0)}
          type="text"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          value={document.source}
          onSelect={({ currentTarget: { selectionStart, selectionEnd } }) =>
            written && onPoint(nodesAt(written, { start: selectionStart ?? 0, end: selectionEnd ?? 0 }))
          }
          onBlur={() => onPoint(null)}
          aria-invalid={shown !== null}
          aria-describedby={`${id}-note`}
          onChange={(event) => write(event.target.value)}
        />
        <div id={`${id}-note`} className="graph-note" aria-live="polite">
          {shown ? (
            <Problem problem={shown} document={document} change={change} />
          ) : (
            picture &&
            !calm &&
            picture.program.readings.length > 0 && (
              <p className="graph-reading">
                {picture.program.readings.map(({ from, to }) => texts.read(from, to)).join(' · ')}
              </p>
            )
          )}
        </div>
      </div>
      <Menu
        label={texts.examples}
        items={() =>
          (Object.keys(examples) as ExampleName[]).map((name) => ({
            title: examples[name].source.replaceAll('; ', '\n'),
            note: texts.exampleNotes[name],
            run: () => change(examples[name]),
          }))
        }
      />
      {picture && <DerivativeMenu document={document} change={change} picture={picture} />}
    </>
  )
}

interface MarkedText {
  readonly text: string
  readonly marked: boolean
}

/** The source in pieces, those that are written in any of the spans marked. */
function markedText(source: string, spans: readonly Span[]): MarkedText[] {
  const cuts = [...new Set([0, source.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort(
    (a, b) => a - b,
  )
  return cuts.slice(1).map((end, index) => ({
    text: source.slice(cuts[index], end),
    marked: spans.some((span) => span.start <= cuts[index]! && end <= span.end),
  }))
}

function Problem({
  problem,
  document,
  change,
}: Pick<BarProps, 'document' | 'change'> & { readonly problem: SourceProblem }) {
  const { graph: texts, expression } = useTexts()
  const { source } = document
  const { span, fix, unknown, reason } = problem
  const [message, hint] = reason ? sayReason(expression, reason) : [problem.message]
  return (
    <div className="graph-problem">
      <p>
        {message}
        {hint && <span className="graph-hint"> {hint}</span>}
      </p>
      {span && (
        <pre aria-hidden="true">
          {source.slice(Math.max(0, span.start - 30), span.start)}
          <mark>{source.slice(span.start, span.end) || ' '}</mark>
          {source.slice(span.end, span.end + 30)}
        </pre>
      )}
      {fix && (
        <button
          type="button"
          onClick={() =>
            change({
              ...document,
              source: source.slice(0, fix.start) + fix.replacement + source.slice(fix.end),
            })
          }
        >
          {texts.applyFix(fix.replacement)}
        </button>
      )}
      {unknown.length > 0 && (
        <button
          type="button"
          onClick={() =>
            change({
              ...document,
              values: { ...document.values, ...Object.fromEntries(unknown.map((name) => [name, 1])) },
            })
          }
        >
          {texts.makeVariables(unknown)}
        </button>
      )}
    </div>
  )
}

function DerivativeMenu({
  document,
  change,
  picture,
}: Pick<BarProps, 'document' | 'change'> & { readonly picture: ShownPicture }) {
  const texts = useTexts().graph
  const { trace, graph } = picture
  const items = (): MenuItem[] => {
    const targets = trace.nodes.filter(({ op, value }) => op !== null && typeof value === 'number')
    const variables = trace.nodes.filter(
      ({ kind, value }) => kind === 'variable' && typeof value === 'number',
    )
    const { reverse, forward } = countSweeps(graph, document.target)
    return [
      {
        title: texts.reverse,
        note: texts.counts(reverse.products, forward.products, forward.sweeps),
        selected: trace.mode === 'reverse',
        run: () => change({ ...document, mode: 'reverse', along: null, position: 0 }),
      },
      ...variables.slice(0, 12).map(({ id, title }) => ({
        title: texts.forwardMode(title),
        selected: trace.mode === 'forward' && trace.along === title,
        run: () => change({ ...document, mode: 'forward', along: id, position: 0 }),
      })),
      ...(targets.length > 1
        ? targets
            .slice(-12)
            .reverse()
            .map(({ id, label }) => ({
              title: `${texts.derivativeOf} ${label}`,
              selected: trace.target.id === id,
              run: () =>
                change({
                  ...document,
                  target: id === trace.output.id ? null : id,
                  position: 0,
                  selected: null,
                }),
            }))
        : []),
      {
        title: document.broken ? texts.whole : texts.break,
        selected: document.broken,
        run: () => change({ ...document, broken: !document.broken }),
      },
    ]
  }
  return (
    <Menu
      label={
        <>
          ∂<var>{trace.target.title}</var>
          {trace.along !== null && (
            <>
              /∂<var>{trace.along}</var>
            </>
          )}
        </>
      }
      items={items}
    />
  )
}
