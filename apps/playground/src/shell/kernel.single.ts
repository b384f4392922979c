// The kernel of the page that is one file is inside, and starts by itself.

export async function loadKernel(): Promise<void> {}
