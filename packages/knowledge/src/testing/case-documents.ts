import type { KnowledgeDocument } from '../knowledge-base.ts';

/** What the conformance cases search in. */
export const HOURS: KnowledgeDocument = {
  id: 'clinic/hours.md',
  title: 'Opening hours',
  content: [
    { headings: ['Weekdays'], text: 'We open at eight in the morning and close at six.', line: 3 },
    { headings: ['Weekend'], text: 'On Saturday the surgery is closed.', line: 7 },
  ],
  metadata: { site: 'north', public: true, floor: 2 },
};
export const PARKING: KnowledgeDocument = {
  id: 'clinic/parking.md',
  title: 'Parking',
  source: 'https://clinic.example/parking',
  content: 'Cars may stand behind the library. Saturday parking costs nothing.',
  metadata: { site: 'south' },
};
export const VACCINES: KnowledgeDocument = {
  id: 'travel/vaccines.pdf',
  title: 'Travel vaccines',
  content: [
    {
      headings: [],
      text: 'Yellow fever needs one injection ten days before the journey.',
      page: 4,
    },
  ],
  metadata: { site: 'north' },
};
export const ALL_DOCUMENTS = [HOURS, PARKING, VACCINES];
