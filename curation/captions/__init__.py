"""Alt-text: repair, sanitising, language and filters. Everything hostile in a caption stops at this door."""
