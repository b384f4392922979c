// The path of the leading ball as a table: what a picture shows, in numbers.
import { Value } from '../parts/value.js'
import { useTexts } from '../shell/language.js'
import type { PictureProps } from './picture.js'
import { reached } from './scene.js'
import { Slope } from './update.js'

/** Rows before the current one; more would make the page slow to walk through by keys. */
const rows = 24

export function PathTable({ scene, go, openGraph }: PictureProps) {
  const texts = useTexts().descent
  const { bowl, lead, step } = scene
  const at = reached(lead, step)
  const first = Math.max(0, at - rows)
  return (
    <table className="descent-steps">
      <caption className="visually-hidden">{texts.pathTitle}</caption>
      <thead>
        <tr>
          <th>{texts.step}</th>
          {bowl.parameters.map((name) => (
            <th key={name}>
              <var>{name}</var>
            </th>
          ))}
          <th>{texts.cost}</th>
          {bowl.parameters.map((name) => (
            <th key={name}>
              <Slope parameter={name} cost={bowl.name} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {lead.steps
          .slice(first, at + 1)
          .map(({ position, cost, slopes }, offset) => {
            const index = first + offset
            const from = () => (index === at ? openGraph() : go(index))
            return (
              <tr key={index} aria-current={index === at ? 'step' : undefined}>
                <th scope="row">
                  <Value of={index} kind="descent.step" label={texts.stepNumber} from={() => go(index)} />
                </th>
                {position.map((value, axis) => (
                  <td key={bowl.parameters[axis]}>
                    <Value
                      of={value}
                      kind="descent.position"
                      label={bowl.parameters[axis]!}
                      digits={4}
                      from={from}
                    />
                  </td>
                ))}
                <td>
                  <Value
                    of={cost}
                    kind="descent.cost"
                    label={texts.costNumber}
                    tone="forward"
                    digits={4}
                    from={from}
                  />
                </td>
                {slopes.map((value, axis) => (
                  <td key={bowl.parameters[axis]}>
                    <Value
                      of={value}
                      kind="descent.slope"
                      label={texts.slopeOf(bowl.parameters[axis]!)}
                      tone="backward"
                      digits={4}
                      from={from}
                    />
                  </td>
                ))}
              </tr>
            )
          })
          .reverse()}
      </tbody>
    </table>
  )
}
