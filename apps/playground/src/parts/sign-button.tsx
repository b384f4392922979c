// A button that shows a sign and says in words what it does.

interface SignButtonProps {
  readonly title: string
  readonly sign: string
  readonly className?: string
  /** It keeps the focus, and does nothing. */
  readonly disabled?: boolean
  readonly onPress: () => void
}

export function SignButton({ title, sign, className, disabled = false, onPress }: SignButtonProps) {
  return (
    <button
      type="button"
      className={className}
      title={title}
      aria-label={title}
      aria-disabled={disabled}
      onClick={() => !disabled && onPress()}
    >
      <span aria-hidden="true">{sign}</span>
    </button>
  )
}
