// Catches what goes wrong while a place is drawn: the page stays, and nothing is lost.
import { Component, type ReactNode } from 'react'

interface BoundaryProps {
  /** When this changes, it is tried again. */
  readonly trying: unknown
  readonly fallback: (error: Error) => ReactNode
  readonly children: ReactNode
}

export class Boundary extends Component<BoundaryProps, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override componentDidUpdate({ trying }: BoundaryProps) {
    if (this.state.error && trying !== this.props.trying) this.setState({ error: null })
  }

  override render() {
    const { error } = this.state
    return error ? this.props.fallback(error) : this.props.children
  }
}
