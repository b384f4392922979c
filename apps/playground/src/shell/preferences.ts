// What the reader prefers, kept in the browser: the language and the colours. Links do not carry it.
import type { Language } from './language.js'

export type Theme = 'auto' | 'light' | 'dark'

export const themes: readonly Theme[] = ['auto', 'light', 'dark']

const key = (name: string) => `backpropagation-${name}`

function read(name: string): string | null {
  try {
    return localStorage.getItem(key(name))
  } catch {
    return null
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(key(name), value)
  } catch {
    // No storage: it holds until the page is left.
  }
}

export function readLanguage(): Language {
  const chosen = read('language')
  if (chosen === 'en' || chosen === 'ko') return chosen
  return navigator.language.startsWith('ko') ? 'ko' : 'en'
}

export function applyLanguage(language: Language): void {
  document.documentElement.lang = language
  write('language', language)
}

export function readTheme(): Theme {
  return themes.find((theme) => theme === read('theme')) ?? 'auto'
}

export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  write('theme', theme)
}
