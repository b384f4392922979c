// How the inputs of an op are named: `a`, `b`, and a last `...xs` for any number of tensors.

/** The name by which shapes, rules and samples call an input: `xs` for `...xs`. */
export type InputName<Name extends string> = Name extends `...${infer Rest}` ? Rest : Name

/** Something for each input, by name; for `...xs`, which takes any number of tensors, a list. */
export type ByInput<Name extends string, T> = {
  // Of an op that is not known, neither are its names.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly [K in InputName<Name>]: string extends K ? any : `...${K}` extends Name ? readonly T[] : T
}

/** `{ a: values[0], b: values[1] }` for names `a`, `b`; a last name `...xs` takes all values that are left. */
export function byName<T>(names: readonly string[], values: readonly T[]): Record<string, T | readonly T[]> {
  return Object.fromEntries(
    names.map((name, index) => [inputName(name), isList(name) ? values.slice(index) : values[index]!]),
  )
}

/** Which input of an op's node stands at `index`: its name, its place among those of that name, how to write it. */
export function inputAt(
  names: readonly string[],
  index: number,
): { readonly name: string; readonly place: number; readonly label: string } {
  const first = Math.min(index, names.length - 1)
  const name = inputName(names[first]!)
  const place = index - first
  return { name, place, label: isList(names[first]!) ? `${name}[${place}]` : name }
}

/** Whether an input, as it is named in a definition, is a list of tensors. */
export function isList(input: string): boolean {
  return input.startsWith('...')
}

/** The name without the dots of a list. */
export function inputName(input: string): string {
  return isList(input) ? input.slice(3) : input
}
