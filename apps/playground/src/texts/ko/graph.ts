// What the Graph place says, in Korean.
import type { graph as en } from '../en/graph.js'

const times = (local: string | null) => (local === null ? '' : ` 여기서 기울기는 ${local}입니다.`)

export const graph: typeof en = {
  title: '그래프',
  ready: '첫 단계 전',
  empty: '위에 식을 써 보세요. 예: f = w*x + b',
  placing: (nodes) => `노드 ${nodes}개를 배치하는 중 …`,
  begin: (output) =>
    `먼저 값을 노드마다 차례로 구해 ${output}까지 갑니다. 그다음 ${output}에서 거꾸로 모든 변수의 미분값을 구합니다. 숫자가 나타나기 전에 맞혀 보세요.`,
  phases: { forward: '순방향', seed: '시작', backward: '역방향' },
  phaseTitles: { forward: '순방향', seed: '시작', backward: '역방향' },
  stepOf: (phase, step, total) => `${phase} · ${total}단계 중 ${step}단계`,
  firstPart: (parts) => `${parts}개 가운데 첫 번째 몫입니다. ${parts}번 쓰이므로 몫을 모두 더합니다.`,
  added: (before, part, after, last) => `${last ? '=' : '지금까지:'} ${before} + ${part} = ${after}`,
  overwritten: (before, after) => `= ${after}: ${before}이(가) 덮어써져 사라졌으므로 결과가 틀립니다.`,
  words: {
    seed: (target) =>
      `${target}이(가) 1만큼 변하면 ${target}은(는) 1만큼 변합니다. 여기서 거꾸로 출발합니다.`,
    tangentSeed: (variable) =>
      `${variable}이(가) 1만큼 변하면 자신도 1만큼 변합니다. 순방향 미분이 여기서 출발합니다.`,
    relation: {
      same: ({ from, to }) => `${from}이(가) 변한 만큼 ${to}도 똑같이 변합니다.`,
      opposite: ({ from, to }) => `${to}은(는) ${from}과(와) 반대로 변합니다.`,
      scaled: ({ from, to, by, byValue }) =>
        byValue === null
          ? `${to}은(는) ${from}이(가) 변한 것의 ${by}배만큼 변합니다.`
          : `${from}에 ${by}을(를) 곱하므로 ${to}은(는) ${from}의 ${byValue}배로 변합니다.`,
      divided: ({ from, to, by }) => `${from}을(를) ${by}(으)로 나누므로 ${to}은(는) 그만큼 덜 변합니다.`,
      inverse: ({ from, to, local }) => `${from}이(가) 커질수록 ${to}은(는) 0에 가까워집니다.${times(local)}`,
      power: ({ from, to, local }) => `${to}은(는) ${from}의 거듭제곱이라 클수록 가파릅니다.${times(local)}`,
      exponential: ({ to, local }) =>
        `지수 함수의 기울기는 자기 자신의 값 ${to}${local === null ? '' : ` = ${local}`}입니다.`,
      logarithm: ({ from, to, local }) =>
        `${from}이(가) 커질수록 ${to}은(는) 천천히 자랍니다.${times(local)}`,
      squashed: ({ from, to, local }) =>
        `${to}은(는) ${from}을(를) 두 한계 사이로 누른 것입니다. 가운데는 가파르고 멀리서는 평평합니다.${times(local)}`,
      gated: ({ from, to, local }) =>
        local === null
          ? `${from}의 원소마다 온전히 지나가거나 전혀 지나가지 못합니다.`
          : local === '0'
            ? `문이 닫혀 있어 ${to}은(는) ${from}을(를) 따르지 않습니다.`
            : `문이 열려 있어 ${to}은(는) ${from}을(를) 따릅니다.`,
      summed: ({ from }) => `${from}의 모든 원소가 합에 한 번씩 들어갑니다.`,
      averaged: ({ from }) => `${from}의 모든 원소가 평균에 똑같이 들어갑니다.`,
      matrix: ({ from, to, by }) =>
        `${from}은(는) ${by}을(를) 거쳐 ${to}에 이르므로, 미분은 ${by}의 전치를 거쳐 돌아옵니다.`,
      moved: ({ from, to }) => `${to}은(는) ${from}의 숫자를 다른 순서나 모양으로 담은 것입니다.`,
      curve: ({ from, to, local }) => `${to}은(는) ${from}을(를) 곡선을 따라 따라갑니다.${times(local)}`,
    },
    consequence: (target, from, result, part) =>
      `${part ? '이 길로는' : '그래서'} ${target}은(는) ${from}의 ${result}배로 변합니다.`,
  },
  openNode: (symbol) => `${symbol} 펼치기`,
  closeNode: (symbol) => `${symbol} 접기`,
  opened: (symbol) => `펼친 ${symbol}`,
  stopAt: (title) => `${title}에서 멈추기`,
  speed: (speed) => `속도 ${speed}배`,
  hint: '← → 단계 · 스페이스 재생 · ? 단축키',
  expression: '식',
  examples: '예제',
  exampleNotes: {
    lecture: '강의: g = −10, f = −7',
    sigmoid: '펼친 시그모이드: −x, exp, + 1, 1/x',
    twice: '세 번 쓰이는 변수',
    square: '비용: 오차의 제곱',
    xor: 'XOR 신경망과 교차 엔트로피',
    matrix: '행렬: 신경망의 한 층',
    softmax: '세 클래스와 그 확률',
    deep: '긴 사슬: 미분이 사라집니다',
  },
  applyFix: (replacement) => `${replacement}(으)로 고치기`,
  makeVariables: (names) => `${names.join(', ')}을(를) 변수로 만들기`,
  read: (from, as) => `${from}을(를) ${as}(으)로 읽었습니다`,
  derivativeOf: '미분할 것',
  mode: '방향',
  reverse: '역방향: 끝에서 거꾸로, 모든 변수를 한 번에',
  forwardMode: (variable) => `순방향: 값과 함께, ${variable}(으)로`,
  counts: (reverse, forward, variables) =>
    `곱셈: 역방향 한 번에 ${reverse}번, 순방향은 ${variables}번에 걸쳐 ${forward}번.`,
  break: '망가뜨리기: += 대신 =',
  whole: '다시 더하기: +=',
  valueOf: (title) => `${title}의 값`,
  derivativeBy: (target, title) => `${target}을(를) ${title}(으)로 미분한 값`,
  tangentOf: (title, along) => `${title}을(를) ${along}(으)로 미분한 값`,
  localOf: (to, from) => `${to}을(를) ${from}(으)로 미분한 국소 값`,
  nodes: '그래프의 노드. 위아래 화살표로 노드를 옮겨 다닙니다',
  edit: {
    menu: (title) => `${title} 바꾸기`,
    replace: '대신 쓰기',
    wrap: '둘러싸기',
    keep: '이것만 남기기',
  },
  tidy: '정돈하기',
  legend: { value: '값', derivative: (target) => `${target}의 미분`, pending: '아직 계산되지 않음' },
  tabs: {
    label: '이 단계 더 보기',
    steps: '단계',
    nudge: '움직이기',
    check: '확인',
    maths: '수식',
    code: '코드',
  },
  nudge: {
    first: '미분값이 모두 나오면 변수를 움직여 정말 맞는지 보세요.',
    toEnd: '끝으로',
    variable: '변수',
    by: '변화',
    predicted: '예측',
    real: '실제',
    error: '차이',
    sentence: (variable, delta, target, predicted, real) =>
      `${variable}을(를) ${delta}만큼 움직이면 ${target}은(는) ${real}만큼 변합니다. 미분의 예측은 ${predicted}입니다.`,
    curve: (target, variable) => `${variable}에 따른 ${target}과(와) 그 접선`,
    slope: (value) => `기울기 ${value}`,
    onlyNumbers: '숫자 하나인 변수만 움직일 수 있습니다.',
  },
  check: {
    intro: (target) =>
      `미분이 맞을까요? 변수를 ±h만큼 움직여 ${target}이(가) 변한 양을 2h로 나눕니다. h가 크면 휘고 너무 작으면 반올림되어 오차는 V자를 그립니다.`,
    run: '확인',
    variable: '변수',
    exact: '역전파',
    measured: '측정',
    error: '가장 작은 오차',
    right: '맞음',
    wrong: '틀림',
    chart: 'h에 따른 중앙 차분의 오차(둘 다 로그 눈금)',
  },
  maths: { copy: 'LaTeX 복사', none: '거꾸로 가는 동안 유도 과정이 나타납니다.' },
  code: { format: '형식', save: '저장', svg: 'SVG 저장', png: 'PNG 저장' },
  problems: {
    'array-target': (title, shape) =>
      `${title}은(는) ${shape} 배열이라 미분값이 하나가 아닙니다. sum(${title})이나 mean(${title})을 쓰세요.`,
    'no-derivative': (title, ops) => `${title}에는 미분이 닿지 않습니다. ${ops}에서 끊깁니다.`,
    notFinite: (what, value, why) => `${what}이(가) ${value}입니다: ${why}.`,
    underflow: (what, why) => `${what}은(는) 반올림 때문에 0입니다: ${why}.`,
    because: {
      'division by zero': '0으로 나누었습니다. 나누는 수를 0에서 떨어뜨리세요',
      'zero by zero': '0을 0으로 나누었습니다. 나누는 수를 0에서 떨어뜨리세요',
      'logarithm of zero': '0의 로그입니다. 0보다 크게 하세요',
      'logarithm of a negative number': '음수의 로그입니다. 0보다 크게 하세요',
      'root of a negative number': '음수의 제곱근입니다. 0 이상으로 하세요',
      'power of a negative number': '음수의 분수 거듭제곱입니다. 밑을 0보다 크게 하세요',
      overflow: '나타낼 수 있는 가장 큰 수 1.8e308보다 큽니다. 더 작은 수를 쓰세요',
      underflow: '나타낼 수 있는 가장 작은 수 5e-324보다 작습니다. 0에 더 가까운 입력을 쓰세요',
      vertical: '그곳에서 곡선이 수직입니다. 입력을 옮기세요',
      saturated: '그곳에서 곡선이 마지막 자리까지 평평합니다. 0에 더 가까운 입력을 쓰세요',
      undefined: '무한대끼리 상쇄됩니다. 더 작은 수를 쓰세요',
      other: '연산의 규칙 때문입니다',
    },
    show: '시작된 곳 보기',
  },
  keys: {
    next: '다음 단계',
    back: '한 단계 뒤로',
    play: '재생 또는 일시 정지',
    first: '처음으로',
    last: '끝으로',
    phase: '다음 국면으로',
    breakpoint: '이 노드에서 멈추기 켜고 끄기',
    toBreakpoint: '다음 멈춤까지',
    slower: '느리게',
    faster: '빠르게',
  },
}
