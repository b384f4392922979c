export async function trainOnScreen(_: unknown, __: boolean): Promise<number> { return 0 }
