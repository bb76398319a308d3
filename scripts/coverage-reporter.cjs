/** Of Jest: puts what V8 counted in the thread of each test file beside what child processes and workers leave in NODE_V8_COVERAGE. */
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

module.exports = class {
  #files = 0;

  onTestResult(_test, { v8Coverage = [] }) {
    const result = v8Coverage.map(({ result: script }) => ({
      ...script,
      url: pathToFileURL(script.url).href,
    }));
    const name = `coverage-jest-${this.#files++}.json`;
    fs.writeFileSync(path.join(process.env.NODE_V8_COVERAGE, name), JSON.stringify({ result }));
  }
};
