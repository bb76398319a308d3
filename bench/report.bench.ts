/**
 * Turns the results in bench/results into plots and one page: `npm run bench:report`. With `-- --readme`, into the tables of
 * bench/README.md, those of README.md and the plots of docs/comparison.md, too.
 */
import { writeComparison } from './report/comparison';
import { writeHighlights } from './report/highlights';
import { writeReport } from './report/page';
import { writeSummary } from './report/summary';

console.log(`wrote ${writeReport()}`);
if (process.argv.includes('--readme')) {
  console.log(`wrote ${writeSummary()}`);
  for (const written of [writeHighlights(), writeComparison()])
    if (written !== undefined) console.log(`wrote ${written}`);
}
