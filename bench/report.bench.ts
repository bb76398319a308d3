/**
 * Turns the results in bench/results into plots and one page: `npm run bench:report`. With `-- --readme`, into the tables of
 * bench/README.md, too.
 */
import { writeReport } from './report/page';
import { writeSummary } from './report/summary';

console.log(`wrote ${writeReport()}`);
if (process.argv.includes('--readme')) console.log(`wrote ${writeSummary()}`);
