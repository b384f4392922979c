// What a matrix product can do to its result; one file for both sides, AssemblyScript and TypeScript.

/** With a gate the product is multiplied by the derivative instead. */
export enum Activation {
  None,
  Relu,
  Sigmoid,
  Tanh,
}
