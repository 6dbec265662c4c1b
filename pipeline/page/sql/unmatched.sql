${report:unmatched}
