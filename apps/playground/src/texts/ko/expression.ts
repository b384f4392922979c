// What is wrong with an expression, in Korean.
import type { Refusal, Said } from '@bp/expression'
import type { expression as en } from '../en/expression.js'

const noValue = (name: string, divides: boolean) =>
  `${divides ? `${name}(으)로 나눌 수 없습니다. ` : ''}${name}에 값이 없습니다`

const item = (shape: readonly number[]) =>
  shape.length === 0 ? '숫자' : shape.length === 1 ? `숫자 ${shape[0]}개인 행` : `${shape.join('×')} 배열`

const place = (after: string | null) => (after === null ? '' : `${after} 뒤, `)

const sizes = (shapes: readonly (readonly number[])[]) =>
  shapes.map((shape) => (shape.length === 0 ? '숫자' : `${shape.join('×')}`)).join(', ')

function refused(refusal: Refusal): Said {
  const { kind, name } = refusal
  if (kind === 'value')
    return [
      `${name === null ? '이 값을' : `${name}의 값을`} 쓸 수 없습니다`,
      '숫자, 또는 행마다 개수가 같고 비어 있지 않은 배열을 쓰세요. 예: [[1, 2], [3, 4]]',
    ]
  const given = sizes(refusal.shapes)
  switch (kind) {
    case 'broadcast':
      return [
        `${name}에 쓴 배열의 크기가 서로 맞지 않습니다: ${given}`,
        '뒤에서부터 견준 크기가 서로 같거나 한쪽이 1이어야 합니다',
      ]
    case 'product':
      return [
        `${name}(으)로 곱할 수 없는 크기입니다: ${given}`,
        '앞 배열의 열 수와 뒤 배열의 행 수가 같아야 합니다. 숫자를 곱하려면 *를 쓰세요',
      ]
    case 'axis':
      return [
        `${name}에 쓴 축이 없습니다. 배열의 크기는 ${given}입니다`,
        `축은 0부터 셉니다. 쓸 수 있는 축: ${refusal.shapes[0]!.map((_, axis) => axis).join(', ') || '없음'}`,
      ]
    default:
      return [
        `${name}을(를) 이 인수로 계산할 수 없습니다. 받은 크기: ${given || '없음'}`,
        `${name}이(가) 받는 배열의 크기와 설정을 확인하세요`,
      ]
  }
}

export const expression: typeof en = {
  'nothing-to-compute': (): Said => ['계산할 것이 없습니다', '식을 써 보세요. 예: f = w*x + b'],
  'too-long': ({ length, limit }) => [`식이 ${length}자입니다. ${limit}자까지 쓸 수 있습니다`],
  'too-many-parts': ({ limit }) => [
    `식의 조각이 ${limit}개를 넘습니다`,
    '줄여 쓰거나, 긴 합 대신 행렬을 쓰세요',
  ],
  'too-many-numbers': ({ limit }) => [`여기서 그래프의 숫자가 ${limit}개를 넘습니다`, '배열을 줄이세요'],
  'too-deep': ({ limit }) => [
    `괄호나 연산이 ${limit}겹보다 깊습니다`,
    `${limit}겹까지 쓸 수 있습니다. 안쪽을 g = … 로 따로 쓰고 그 자리에 g를 쓰세요`,
  ],
  'too-deep-array': ({ limit }) => [`대괄호가 ${limit}겹보다 깊습니다`, '대괄호를 줄이세요'],
  'unexpected-character': ({ character }) => [
    `쓸 수 없는 글자입니다: ${character.replace(/^character /, '')}`,
    '이름, 숫자, + - * / ^ @ = ( ) [ ] | √ , ; 그리고 # 뒤의 주석을 쓸 수 있습니다',
  ],
  'second-point': ({ text }) => [`숫자 ${text}에 소수점이 또 있습니다`, '소수점은 하나만 씁니다. 예: 3.14'],
  'too-large': ({ text }) => [`숫자 ${text}은(는) 너무 큽니다`, '가장 큰 수는 약 1.8e308입니다'],
  'not-a-name': ({ text }) => [`${text}은(는) 이름이 아닙니다`, '= 왼쪽에는 이름 하나만 씁니다. 예: f = w*x'],
  'one-equals': () => ['한 식에는 =를 하나만 쓸 수 있습니다', '식은 ; 또는 줄바꿈으로 나누세요'],
  'extra-equals': () => ['=가 하나 더 있습니다', '예: f = w*x'],
  'missing-name': () => ['= 앞에 이름이 없습니다', '예: f = w*x'],
  'never-used': ({ text }) => ['이 식의 결과는 쓰이지 않습니다', `이름을 붙이세요. 예: g = ${text}`],
  'assigned-twice': ({ name, before }) => [
    `${name}을(를) 두 번 정했습니다`,
    `이미 ${before}입니다. 다른 이름을 쓰세요`,
  ],
  'duplicate-assignment': ({ name }) => [`${name}을(를) 두 번 정했습니다`, '하나를 지우세요'],
  'in-terms-of-itself': ({ name }) => [
    `${name}을(를) 자기 자신으로 정했습니다`,
    '= 왼쪽에 다른 이름을 쓰세요',
  ],
  'used-before': ({ name }) => [
    `${name}을(를) 정하기 전에 썼습니다`,
    `${name} = … 을(를) 이 식 앞으로 옮기세요`,
  ],
  'expected-assignment': () => ['이름=값 꼴이어야 합니다', '예: w=-2'],
  'not-literal': ({ name }) => [
    `${name === 'a value' ? '값' : name}은(는) 숫자나 숫자 배열이어야 합니다`,
    '예: -2, 1/3, 2*pi, 1e-3, [[1, 2], [3, 4]]',
  ],
  unexpected: ({ token }) => [`여기에 ${token}이(가) 올 수 없습니다`],
  'not-finite': ({ name }) => [`${name}의 값이 유한하지 않습니다`, '유한한 숫자를 쓰세요'],
  'no-value': ({ name, divides }) => [noValue(name, divides), `값을 주세요. 예: ${name} = 1`],
  'no-value-function': ({ name, divides }) => [
    noValue(name, divides),
    `함수 ${name}은(는) 인수를 괄호에 씁니다: ${name}(…). 변수라면 값을 주세요`,
  ],
  'no-value-meant': ({ name, divides, meant }) => [
    noValue(name, divides),
    `${meant}을(를) 쓰려 했나요? 아니면 ${name}에 값을 주세요`,
  ],
  'no-values': ({ names, more }) => [
    `${names.join(', ')}${more > 0 ? ` 외 ${more}개` : ''}에 값이 없습니다`,
    `값을 주세요. 예: ${names[0]} = 1; ${names[1]} = 1`,
  ],
  'missing-value': ({ after }) => [
    after === null ? '값이 없습니다' : `${after} 뒤에 값이 없습니다`,
    '이름이나 숫자, 식을 쓰세요',
  ],
  'leading-plus': ({ after }) => [`${place(after)}+ 앞에 값이 없습니다`, '앞의 +는 빼세요'],
  'missing-value-before': ({ after, before }) => [`${place(after)}${before} 앞에 값이 없습니다`],
  'missing-product': ({ left, right, written }) => [
    `${left}과(와) ${right} 사이에 *가 없습니다`,
    `${written}(으)로 쓰세요`,
  ],
  'never-closed': ({ opening, bracket }) => [
    `이 ${opening}가 닫히지 않았습니다`,
    `끝나는 곳에 ${bracket}를 쓰세요`,
  ],
  'bar-never-closed': () => ['이 |가 닫히지 않았습니다', '|x| 또는 abs(x)로 쓰세요'],
  unmatched: ({ bracket }) => [`짝이 없는 ${bracket}입니다`, '지우거나 먼저 여세요'],
  'wrong-bracket': ({ bracket, token, opening, position }) => [
    `${bracket}가 올 자리에 ${token}이(가) 있습니다`,
    `${bracket}는 ${position}번째 글자의 ${opening}를 닫습니다`,
  ],
  'empty-parentheses': () => ['( 와 ) 사이에 아무것도 없습니다'],
  comma: () => ['쉼표는 인수를 나눌 때만 씁니다', '식은 ; 로 나누세요'],
  index: () => ['값 뒤에 [ 가 올 수 없습니다', '색인은 없습니다. [1, 2] 같은 배열은 그 자체가 값입니다'],
  ragged: ({ first, other }) => [
    '배열의 행마다 길이가 다릅니다',
    `모두 첫 번째와 같은 ${item(first)}이어야 하는데, 이것은 ${item(other)}입니다`,
  ],
  'missing-number': () => ['배열에 숫자가 없습니다', '예: [1, 2]'],
  'not-a-number': ({ text }) => [
    `${text}은(는) 숫자가 아닙니다`,
    '배열에는 숫자만 씁니다. 예: [1, -2.5, 1/3]',
  ],
  'needs-parentheses': ({ text, written }) => [
    `${text}은(는) 인수를 괄호에 써야 합니다`,
    `${written}(으)로 쓰세요`,
  ],
  'unknown-function': ({ name, meant, count, familiar }) => [
    `${name}이라는 함수는 없습니다`,
    `${meant ? `${meant}을(를) 쓰려 했나요? ` : `곱하려면 ${name}*(…)로 쓰세요. `}함수는 ${count}개이고 ${familiar.join(', ')} 등이 있습니다`,
  ],
  'argument-count': ({ name, expected, shorthand, given, form }) => [
    `${name}에는 인수 ${expected}개${shorthand ? `와 ${shorthand}` : ''}을(를) 쓰는데, ${given}개를 썼습니다`,
    `${form}(으)로 쓰세요`,
  ],
  'attribute-not-literal': ({ shorthand, form }) => [
    `${shorthand}은(는) 숫자나 숫자 배열이어야 합니다`,
    `숫자를 그대로 쓰세요: ${form}, ${shorthand} 자리에는 0이나 [0, 1]`,
  ],
  refused: ({ refusal }) => refused(refusal),
}
