// The languages of the page and the texts in them.
import { createContext, type ReactNode, useContext } from 'react'
import { en } from '../texts/en/index.js'
import { ko } from '../texts/ko/index.js'

export type Language = 'en' | 'ko'
export type Texts = typeof en

const all: Readonly<Record<Language, Texts>> = { en, ko }

const Context = createContext<Texts>(en)

export function LanguageProvider({
  language,
  children,
}: {
  readonly language: Language
  readonly children: ReactNode
}) {
  return <Context value={all[language]}>{children}</Context>
}

/** The texts in the language of the page. */
export function useTexts(): Texts {
  return useContext(Context)
}
