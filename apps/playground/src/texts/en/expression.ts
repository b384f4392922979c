// What is wrong with an expression, in English: the language's own words.
export { english as expression } from '@bp/expression'
