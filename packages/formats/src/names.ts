// Names of what stands in a file, each once.

/** A function that gives a name as it is wanted the first time, then with a number: `add`, `add_2`, `add_3`. */
export function distinctNames(reserved: Iterable<string>): (wanted: string) => string {
  const taken = new Set(reserved)
  return (wanted) => {
    let name = wanted
    for (let count = 2; taken.has(name); count++) name = `${wanted}_${count}`
    taken.add(name)
    return name
  }
}
