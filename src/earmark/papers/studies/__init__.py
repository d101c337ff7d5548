"""Studies of any model: all pairs of labels, and the confusion matrices of sets of labels.

`pairs` and `classes` work out what finished runs say, for `earmark study` as for the papers;
`models` makes a paper of a recipe, so that its runs are made and kept as a paper's are; `report`
writes what came of it, and `page` as HTML.
"""
