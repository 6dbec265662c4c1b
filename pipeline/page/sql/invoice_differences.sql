${report:invoice-differences}
