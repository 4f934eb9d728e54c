# what belongs to an install is added by the packaging part
