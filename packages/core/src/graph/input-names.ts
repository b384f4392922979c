// Names of the inputs of an op: `a`, `b`, and a last `...xs` for any number of tensors.

/** The name by which shapes, rules and samples call an input: `xs` for `...xs`. */
export type InputName<Name extends string> = Name extends `...${infer Rest}` ? Rest : Name

/** A value for each input, by name; for `...xs`, which takes any number of tensors, a list. */
export type ByInput<Name extends string, T> = {
  // The names of an unknown op are unknown too.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly [K in InputName<Name>]: string extends K ? any : `...${K}` extends Name ? readonly T[] : T
}

/** `{ a: values[0], b: values[1] }` for names `a`, `b`; a last name `...xs` takes all remaining values. */
export function byName<T>(names: readonly string[], values: readonly T[]): Record<string, T | readonly T[]> {
  return Object.fromEntries(
    names.map((name, index) => [inputName(name), isList(name) ? values.slice(index) : values[index]!]),
  )
}

/** The input of an op's node at `index`: its name, its index among those of that name, and its label. */
export function inputAt(
  names: readonly string[],
  index: number,
): { readonly name: string; readonly place: number; readonly label: string } {
  const first = Math.min(index, names.length - 1)
  const name = inputName(names[first]!)
  const place = index - first
  return { name, place, label: isList(names[first]!) ? `${name}[${place}]` : name }
}

/** Whether an input, as named in a definition, is a list of tensors. */
export function isList(input: string): boolean {
  return input.startsWith('...')
}

/** The name without the dots of a list. */
export function inputName(input: string): string {
  return isList(input) ? input.slice(3) : input
}
