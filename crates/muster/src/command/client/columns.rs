//! Tables in Consul's form: columns as wide as their widest cell, two spaces between them.

/// The lines of a table.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let rows = [["Node", "DC"], ["a-long-name", "dc1"]].map(|row| row.map(str::to_owned).to_vec());
    assert_eq!(table(&rows), "Node         DC\na-long-name  dc1\n");
}
