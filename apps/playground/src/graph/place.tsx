// The Graph place.

import type { GraphDocument } from '@bp/lab'
import { Timeline } from '../parts/timeline.js'
import type { PlaceProps } from '../shell/place.js'
import { PlaceFrame } from '../shell/place-frame.js'

export function GraphPlace({ document, change }: PlaceProps<GraphDocument>) {
  return (
    <PlaceFrame
      title="Graph"
      bar={
        <input
          type="text"
          value={document.source}
          onChange={(e) => change({ ...document, source: e.target.value }, { merge: 'source' })}
        />
      }
      drawing={<p>{document.source}</p>}
      card={<p>card</p>}
      timeline={
        <Timeline
          position={document.position}
          segments={[
            { name: 'forward', length: 3, tone: 'forward' },
            { name: 'seed', length: 1, tone: 'seed' },
            { name: 'backward', length: 5, tone: 'backward' },
          ]}
          describe={String}
          onPosition={(position) => change({ ...document, position }, { merge: 'position' })}
        />
      }
    />
  )
}
