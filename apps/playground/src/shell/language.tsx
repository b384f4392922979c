// The languages of the page and the texts in them.
import { createContext, useContext } from 'react'
import type { en } from '../texts/en/index.js'

export type Language = 'en' | 'ko'
export type Texts = typeof en

/** Loaded when they are read, so that nobody waits for the words of another language. */
const loads: Readonly<Record<Language, () => Promise<Texts>>> = {
  en: async () => (await import('../texts/en/index.js')).en,
  ko: async () => (await import('../texts/ko/index.js')).ko,
}

export const loadTexts = (language: Language): Promise<Texts> => loads[language]()

export const TextsContext = createContext<Texts | null>(null)

/** The texts in the language of the page. */
export function useTexts(): Texts {
  return useContext(TextsContext)!
}
