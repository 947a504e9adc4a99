//! Tables in Consul's form: columns as wide as their widest cell and some spaces, but for the last.

/// The lines of a table with two spaces between columns.
pub fn table(rows: &[Vec<String>]) -> String {
    spaced(rows, 2)
}

/// The lines of a table with so many spaces between columns.
pub fn spaced(rows: &[Vec<String>], between: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0) + between).collect();
    let mut text = String::new();
    for row in rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column + 1 == row.len() {
                text.push_str(cell);
            } else {
                text.push_str(&format!("{cell:<width$}"));
            }
        }
        text.push('\n');
    }
    text
}

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let rows = [["Node", "DC"], ["a-long-name", "dc1"]].map(|row| row.map(str::to_owned).to_vec());
    assert_eq!(table(&rows), "Node         DC\na-long-name  dc1\n");
}
