import { createNumberRule, countryOf, isCountry } from './number-rule.ts';

test('a number is of its country, also where countries share the first digits', () => {
  expect(countryOf('+12025550123')).toBe('US');
  expect(countryOf('+18765551234')).toBe('JM');
  expect(countryOf('+390612345678')).toBe('IT');
  expect(countryOf('+8835100012345')).toBeUndefined();
});

test('knows codes of countries from other texts', () => {
  expect(['US', 'CA', 'DE'].every(isCountry)).toBe(true);
  expect(['XX', 'us', 'USA', ''].some(isCountry)).toBe(false);
});

test('allowed countries are called, others and costly numbers are not, and the reason holds no number', () => {
  const rule = createNumberRule(['US', 'GB']);
  expect(rule('+12025550123')).toBeUndefined();
  expect(rule('+442071838750')).toBeUndefined();
  for (const refused of ['+18765551234', '+4915112345678', '+19002345678', '+448712345678']) {
    expect(rule(refused)).toMatch(/not called/);
    expect(rule(refused)).not.toMatch(/\d{4}/);
  }
  expect(rule('+12025')).toMatch(/No telephone/);
});

test('any country may be allowed, and none', () => {
  expect(createNumberRule('any')('+4915112345678')).toBeUndefined();
  expect(createNumberRule('any')('+19002345678')).toMatch(/charge/);
  expect(createNumberRule([])('+12025550123')).toMatch(/none is allowed/);
});
