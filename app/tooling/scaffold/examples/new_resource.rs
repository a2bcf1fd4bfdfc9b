//! Writes a resource into a clone: `new_resource ROOT NAME MEMBER..`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (root, words) = words.split_first().ok_or("expected the root of a clone")?;
    let plan = scaffold::plan(std::path::Path::new(root), &scaffold::parse(words, None)?)?;
    plan.write()?;
    Ok(())
}
