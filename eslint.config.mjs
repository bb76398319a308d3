import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const builtins =
  '(|Aggregate|Eval|Range|Reference|Syntax|Type|URI)Error|(|.+)Array|(|Shared)ArrayBuffer|DataView|Buffer|' +
  'Map|Set|WeakMap|WeakSet|Date|Promise|RegExp|Object|Function|Abort(Signal|Controller)|EventTarget|URL';

export default tseslint.config(
  { ignores: ['**/dist/', '**/build/', 'node_modules/', 'lib/event/generated/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './tsconfig.test.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      // A value from the user may come from another realm, where these answer false.
      'no-restricted-syntax': [
        'error',
        {
          selector: `BinaryExpression[operator='instanceof'][right.name=/^(${builtins})$/]`,
          message: 'The value may come from another realm: use typeof, Array.isArray or node:util types.',
        },
        {
          selector: `:matches(VariableDeclarator > .id, Property > .value, :function > .params)[type='Identifier'][name=/^(exports|module|require)$/]`,
          message:
            'In CommonJS it hides the one of the file, by which compiled code reads what the file exports.',
        },
      ],
    },
  },
  {
    // Their const enums name numbers that native code writes into shared memory: there is no value of the enum's own type.
    files: ['lib/buffers/**/*.ts', 'lib/event/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-enum-comparison': 'off' },
  },
  {
    // Command line tools and benchmarks speak to a person.
    files: ['lib/collector/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // Tests hand over wrong types on purpose and look at errors of unknown shape.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-console': 'off',
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Callbacks that throw something else than an Error are part of what is tested.
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', 'bin/*.js'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        performance: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        URL: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        module: 'writable',
        require: 'readonly',
        __filename: 'readonly',
      },
    },
  },
  {
    files: ['lib/collector/page/files/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: {
        document: 'readonly',
        window: 'readonly',
        matchMedia: 'readonly',
        getComputedStyle: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        EventSource: 'readonly',
        ResizeObserver: 'readonly',
        uPlot: 'readonly',
      },
    },
  },
);
