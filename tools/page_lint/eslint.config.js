import js from '@eslint/js';
import globals from 'globals';

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: { ...globals.browser, uPlot: 'readonly' } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'eqeqeq': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-restricted-properties': ['error',
        { property: 'innerHTML', message: 'Values are text: use textContent.' },
        { property: 'outerHTML', message: 'Values are text: use textContent.' },
        { property: 'insertAdjacentHTML', message: 'Values are text: use append.' },
        { object: 'document', property: 'write', message: 'Values are text: use append.' }],
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
];
