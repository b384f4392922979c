// What ends the program with exit code 2.

/** Something that the user typed or named cannot be used; the message is one line that says what to do. */
export class UsageError extends Error {
  override name = 'UsageError'
}
