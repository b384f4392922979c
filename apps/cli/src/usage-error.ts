// The error that ends the program with exit code 2.

/** Invalid input by the user; the message is one line that says what to do. */
export class UsageError extends Error {
  override name = 'UsageError'
}
