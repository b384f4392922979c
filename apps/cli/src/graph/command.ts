export async function graph(_: readonly string[]): Promise<number> { return 0 }
