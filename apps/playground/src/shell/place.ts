// What a place of the page is given: its document, and ways to change it and to go elsewhere.
import type { Documents, PlaceName } from './places.js'

export interface PlaceProps<Document> {
  readonly document: Document
  /**
   * Changes with the same `merge` key, with no press or change of focus between them, are one step of undo: typing,
   * dragging. Those of `position` are one whatever is pressed.
   */
  readonly change: (next: Document, options?: { readonly merge?: string }) => void
  /** Goes to another place, with a document for it; undo and the browser's Back return. */
  readonly open: <Place extends PlaceName>(place: Place, document: Documents[Place]) => void
}
