// What the timeline says, in English.
export const timeline = {
  first: 'To the beginning',
  back: 'One step back',
  next: 'Next ›',
  step: 'One step',
  last: 'To the end',
  play: 'Play',
  pause: 'Pause',
  position: 'Step',
}
