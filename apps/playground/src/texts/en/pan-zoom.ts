// What the buttons of a drawing that can be moved say, in English.
export const panZoom = {
  closer: 'Zoom in',
  farther: 'Zoom out',
  fit: 'Show all',
}
