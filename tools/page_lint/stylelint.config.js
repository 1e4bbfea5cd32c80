export default {
  extends: 'stylelint-config-standard',
  rules: {
    // A rule that fits stands on one line, as the style is written.
    'declaration-block-single-line-max-declarations': null,
    'at-rule-empty-line-before': null,
    'rule-empty-line-before': null,
    // uPlot's own names, and groups of rules by part of the page.
    'no-descending-specificity': null,
  },
};
