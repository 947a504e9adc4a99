//! Columns as Go's tabwriter aligns them: of a least width, three spaces between.

const PADDING: usize = 3;

/// The lines with their tabs made into columns. What follows the last tab of a line belongs to no column.
pub fn aligned(text: &str, least_width: usize) -> String {
    let rows: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| column + 1 < row.len()).map(|row| row[column].chars().count());
        (cells.max().unwrap_or_default() + PADDING).max(least_width)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<&str>| -> String {
        let (last, cells) = row.split_last().expect("a split gives at least one part");
        let cells: String = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells + last
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = "NAME\tACTIVE\tSTATE\tERRORS\nmanager1\t-\tRunning\t\nm2\t*\tStopped\tbroken";
        assert_eq!(
            aligned(text, 5),
            "NAME       ACTIVE   STATE     ERRORS\n\
             manager1   -        Running   \n\
             m2         *        Stopped   broken"
        );
        assert_eq!(aligned("a\tb", 5), "a    b");
    }
}
