// The page: what backpropagation does, and what it is good for.
import { GraphLab } from './graph/graph-lab.js'
import type { Trainer } from './training/trainer.js'
import { TrainingLab } from './training/training-lab.js'

export function Page({ trainer }: { readonly trainer: Trainer }) {
  return (
    <>
      <a className="skip" href="#graph">
        Skip to the graph
      </a>
      <header>
        <h1>Backpropagation</h1>
        <p>
          How does a machine learn its own weights? It needs to know, for each of them, which way to change
          it. That is a derivative, and backpropagation computes all of them in one pass from the output back
          to the inputs. Watch it happen on a small graph, then train a network with it.
        </p>
        <nav aria-label="On this page">
          <a href="#graph">1. A graph and its derivatives</a>
          <a href="#training">2. A network learns XOR</a>
        </nav>
      </header>
      <main>
        <GraphLab />
        <TrainingLab trainer={trainer} />
      </main>
      <footer>
        <p>
          Everything is computed here, in your browser. Nothing is sent anywhere, and the page works offline.
        </p>
      </footer>
    </>
  )
}
