// The shapes of price categories in a box of 14 by 14: triangle, circle, square, diamond.
export const SHAPES = ["M7 1.5 13 12.5H1z", "M7 1a6 6 0 1 0 .01 0z", "M1.8 1.8h10.4v10.4H1.8z", "M7 .5 13.5 7 7 13.5.5 7z"];
