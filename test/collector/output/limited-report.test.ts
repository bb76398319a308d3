/** Reports that come too often. */
import type * as LimitedReportModule from '../../../dist/collector/output/limited-report';
import { internal } from '../cli';

const { LimitedReport } = internal<typeof LimitedReportModule>('output/limited-report');

test('LimitedReport shows the first at once, then one a second, and counts the rest', () => {
  const shown: string[] = [];
  let now = 0;
  const report = new LimitedReport(
    (text) => shown.push(text),
    () => now,
  );
  for (let index = 0; index < 100; index++) report.report(`r${index}`);
  expect(shown).toEqual(Array.from({ length: 10 }, (_, index) => `r${index}`));
  now = 1500;
  report.report('later');
  report.report('too soon');
  report.end();
  report.end();
  expect(shown.slice(10)).toEqual(['later (and 90 more since the last report)', '1 more like these']);
});
