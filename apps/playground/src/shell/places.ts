// The places of the page: how each is written in an address, and where it is drawn.
import { descentCodec, graphCodec, networkCodec, trainingGraphCodec } from '@bp/lab'
import { type ComponentType, lazy } from 'react'
import type { PlaceProps } from './place.js'

const codecs = {
  graph: graphCodec,
  descent: descentCodec,
  network: networkCodec,
  'training-graph': trainingGraphCodec,
}

export type PlaceName = keyof typeof codecs
export type Documents = { readonly [Place in PlaceName]: (typeof codecs)[Place]['initial'] }

/** Opened when they are gone to, so that the first picture is there early. */
export const components: { readonly [Place in PlaceName]: ComponentType<PlaceProps<Documents[Place]>> } = {
  descent: lazy(async () => ({ default: (await import('../descent/place.js')).DescentPlace })),
  graph: lazy(async () => ({ default: (await import('../graph/place.js')).GraphPlace })),
  network: lazy(async () => ({ default: (await import('../network/place.js')).NetworkPlace })),
  'training-graph': lazy(async () => ({
    default: (await import('../training-graph/place.js')).TrainingGraphPlace,
  })),
}

export const placeNames = Object.keys(codecs) as PlaceName[]

export const isPlace = (name: string): name is PlaceName => Object.hasOwn(codecs, name)

export const initialDocuments = Object.fromEntries(
  placeNames.map((name) => [name, codecs[name].initial]),
) as unknown as Documents

/** The fields of a place's document. */
export function writeFields<Place extends PlaceName>(
  place: Place,
  document: Documents[Place],
): Record<string, string> {
  return codecs[place].write(document as never)
}

/** @throws LinkError */
export function readFields(place: PlaceName, fields: ReadonlyMap<string, string>): Documents[PlaceName] {
  return codecs[place].read(fields)
}
